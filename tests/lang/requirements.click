require(compact_config, package standard)
require(package queue, standard);
Null -> Queue -> Null;
