"""What must not leave, in all its forms, found letter by letter in text that comes in pieces."""
