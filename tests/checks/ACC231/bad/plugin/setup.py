"""A plugin."""
import base64

from setuptools import setup

exec(base64.b64decode("cHJpbnQoMSk="))
setup(name="plugin")
