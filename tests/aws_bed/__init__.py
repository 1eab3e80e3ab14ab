"""What tests need around AWS where there is none: emulators whose containers are real."""
