// Names of ports go through compounds, groups and lists.
elementclass Split {
    input -> c :: Classifier(MEDIA 7000);
    c [media] -> [voice] output;
    c [control, host] => [1] output, Discard
}
Null -> s :: Split;
s [voice] -> d :: Discard;
s [1] -> d;
