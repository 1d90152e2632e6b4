define($a "$b$b$b$b", $b "$c$c$c$c", $c "$d$d$d$d", $d "$e$e$e$e", $e "$f$f$f$f", $f "$g$g$g$g$g", $g 0123456789abcdef)
InfiniteSource -> Print("$a") -> Discard;
