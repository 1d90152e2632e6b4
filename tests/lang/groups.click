// The five ways of click.5 to write nothing, and a detour.
x, y :: Null;
x -> ( input -> output ) -> y;
x -> ( [0] -> [0] ) -> y;
x -> (->) -> y;
x [1] => ( [0]->[0] ) -> y;
x [2,3] => ( [0]->[0]; [1]->[1] ) => ( [0]->[0]; [1]->[1] ) => [1,2] y;
c :: Classifier(12/0800, -) => (
    input [0] -> output;
    input [1] -> Paint(1) -> output
) -> d :: Discard;
x [4] -> c;
y -> inner :: Null;
