InfiniteSource -> { input -> ( -> Null } ) -> Discard;
