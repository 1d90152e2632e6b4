Print("\\ \" \x41 \<48 45 4c>", 'it''s $5, "so"', \<0a /* > */ 0B>);
Print(a"b"c, (nested, parens), "a, b" /* gone */ c // too
);
