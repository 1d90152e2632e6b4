define($LIMIT 5, $C d, $FROM 1000);
require(library parts/ends.click);

Begin -> deal :: Deal(a, b, $C);
deal[0] -> c :: Counter(COUNT $FROM) -> End;
deal[1] -> End;
deal[2] -> End;
