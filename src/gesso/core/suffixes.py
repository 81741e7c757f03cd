"""By which suffixes files are known. Imports nothing, so that any module may ask."""

PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
"""The suffixes of the pictures that are read and written, and their formats."""

SOUNDS = {".wav": "WAV", ".ogg": "OGG", ".flac": "FLAC"}
"""The suffixes of the sounds that are read, and their formats."""
