"""What was said, as files: subtitle and transcript formats read and written, and utterances laid out for reading."""
