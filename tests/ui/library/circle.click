require(library ../library.click)
elementclass Wrong { $n | input -> Paint($n) -> output }
