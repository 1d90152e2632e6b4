require(library library/lines.click, library "library/../library/lines.click")
Null -> Line(5) -> Null;
Print($inherited);
