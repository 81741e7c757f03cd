"""Files of music: MIDI, MusicXML and ABC read, MIDI and MusicXML written, sheet music and piano rolls drawn."""
