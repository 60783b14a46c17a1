"""How hidden text is read: one decoder a way of hiding, each with a cheap refusal first."""
