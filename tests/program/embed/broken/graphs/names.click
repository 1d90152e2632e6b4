// Names that are misspelt or not listed, a wrong argument.
InfiniteSource(LIMIT 5)
    -> Shuot
    -> Queue(many)
    -> Unqueue -> EveryNth(2) -> Discard;
