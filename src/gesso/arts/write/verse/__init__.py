"""Chinese regulated verse: its forms, its rules, and the poems it is learned from."""
