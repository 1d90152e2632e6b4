elementclass A { Null; Null; Null; Null }
elementclass B { A; A; A; A; A; A; A; A; A; A; A; A; A; A; A; A }
elementclass C { B; B; B; B; B; B; B; B; B; B; B; B; B; B; B; B }
elementclass D { C; C; C; C; C; C; C; C; C; C; C; C; C; C; C; C }
elementclass E { D; D; D; D; D; D; D; D; D; D; D; D; D; D; D; D }
E;
