"""The questions: one file each, found through the entry point `accord.checks`, ours through the same door as others.

Beside the four folders of checks stands what several of them share, a module each: places in the manifest, threat
models, tools, probes, Python code, pipelines, documents, cards, policies, waivers and lists that ship.
"""
