"""Settings."""

import os

API_KEY = os.environ["GARDEN_API_KEY"]
