"""certhub: one typed GraphQL schema over three of Taiwan's professional registries."""
