// Variables are looked up where the class is written, not where it is used.
define($a outside)
elementclass Show { $x | Print("$x $a") }
elementclass Around { $a |
    elementclass Inner { $b | Print("$a $b") }
    elementclass Other { $a | Print("$a"); Inner($a) }
    Other(other); Show($a)
}
Around(around);
