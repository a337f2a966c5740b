"""The JSON Schema: validation, messages, hints and the key reference."""
