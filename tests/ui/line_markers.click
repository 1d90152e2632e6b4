InfiniteSource -> Nul -> Discard;
# 40 "lines.m4"
InfiniteSource
    -> Discrad;
#line 7
Conuter;
