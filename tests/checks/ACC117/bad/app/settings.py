"""Settings."""

API_KEY = "garden-garden-garden-7-plant-7-plant"
