"""What tests need around Docker where there is no internet: images, registries, Swarms."""
