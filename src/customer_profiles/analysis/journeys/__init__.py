"""Chapter 06: the steps customers take, where they drop out and in which stage they are."""
