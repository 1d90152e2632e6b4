elementclass MyQueue Queue;
elementclass Line { input -> MyQueue(5) -> output }
elementclass Row Line;
Null -> MyQueue -> Row -> r :: Row -> Null;
