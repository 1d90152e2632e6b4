require(library library/circle.click, library library/missing.click);
{ require(library library/circle.click) };
InfiniteSource -> Wrong(x) -> Discard;
