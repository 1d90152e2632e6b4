// What can be wrong with an element that the macro knows by its tokens.
s :: InfiniteSource(LIMIT 5)
    -> Shout(VOLUME loud)
    -> Shout(1, 3)
    -> [1] Shout
    -> Shout(VOLUEM 1)
    -> Shout;
