"""What the program says, in Japanese: English is the source, and each text of it has one here."""
