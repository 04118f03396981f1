"""Raw to core to measures: partitions, the lake, the compute engine and the status engine."""
