"""What stands in front of the model at run time: rules, the detector, information flow and the doors they work behind.

Exports: `Guard` (one engine behind every door); everything else is imported from the module that holds it.
"""
