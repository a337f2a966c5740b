"""The live domain as a config: what `import` writes."""
