"""Cases out of other tools' files: one module a format, and one draft that all of them fill."""
