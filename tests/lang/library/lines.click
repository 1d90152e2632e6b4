require(library more.click)
elementclass Line { $capacity | input -> Plain($capacity) -> output }
