"""What the results of a campaign mean: counts, exact bounds, a gate, and judges that have been measured first."""
