"""By which suffixes files are known. Imports nothing, so that any module may ask."""

PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
"""The suffixes of the pictures that are read and written, and their formats."""

SOUNDS = {".wav": "WAV", ".ogg": "OGG", ".flac": "FLAC"}
"""The suffixes of the sounds that are read and written, and their formats."""

MUSIC = {
    ".mid": "MIDI",
    ".midi": "MIDI",
    ".musicxml": "MUSICXML",
    ".xml": "MUSICXML",
    ".mxl": "MXL",
    ".abc": "ABC",
}
"""The suffixes of the music that is read, and their formats; MIDI and MUSICXML are written too."""
