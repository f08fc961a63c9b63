from pyflink.table import EnvironmentSettings, TableEnvironment

t_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
t_env.execute_sql("""
    CREATE TABLE orders (id INT, amount INT) WITH (
        'connector' = 'datagen', 'number-of-rows' = '4',
        'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '4',
        'fields.amount.kind' = 'sequence', 'fields.amount.start' = '10', 'fields.amount.end' = '13'
    )
""")
t_env.execute_sql("CREATE TABLE results (id INT, doubled INT) WITH ('connector' = 'print')")
t_env.execute_sql("INSERT INTO results SELECT id, amount * 2 FROM orders WHERE id > 2").wait()
t_env.sql_query("SELECT id FROM orders WHERE id < 2").execute().print()
