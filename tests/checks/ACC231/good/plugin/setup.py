"""A plugin."""
import subprocess

from setuptools import setup

version = subprocess.check_output(["git", "describe"]).decode()
setup(name="plugin", version=version)
