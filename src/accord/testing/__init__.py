"""What those who write checks test with: `World`, a system in a folder with a clock that stands still, and `conforms`."""

from accord.testing.conform import conforms
from accord.testing.world import World

__all__ = ["World", "conforms"]
