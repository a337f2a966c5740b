"""JSON documents: one file per document."""
