"""What those who write checks test with: `conforms`, and `World`, a system in a folder with a clock of its own."""

from accord.testing.conform import conforms
from accord.testing.world import World

__all__ = ["World", "conforms"]
