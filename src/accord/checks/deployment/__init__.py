"""Secure deployment: what is signed, planned for and told to users before a release."""
