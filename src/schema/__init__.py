"""The GraphQL schema: types that wrap what the resolvers answer."""
