// A dollar sign that comes from a value starts no variable.
define($NAME 1, $d '$')
Print(${d}NAME, "$NAME", $NAME)
