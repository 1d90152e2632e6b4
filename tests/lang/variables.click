define($words A "B C" D, $n 1, $path dir/$n)
{ $a | Print("$a"); Print(${a[0]}); Print(${a[$n]}); Print(${a[3]}.) }(${words[2]} ${words[1]} E);
Print("${path}s", ${none-7}, ${n-7}, ${ none - $path });
Print('$words', "\$words", $ $$);
