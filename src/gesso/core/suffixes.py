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

SOUNDFONTS = {".sf2": "SF2", ".sf3": "SF3"}
"""The suffixes of the soundfonts that are read, and their formats: SF3 is SF2 with samples packed by Vorbis."""

FONTS = (".ttf", ".otf", ".ttc")
"""The suffixes of the fonts that are read."""
