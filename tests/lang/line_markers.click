# 100 "generated.click"
a :: Null;
#line 7
a -> Print(
# 1 "not a marker"
);
