"""Archives, compressed streams and array files: what is inside them, whichever of their tables is believed."""
