/*
 * Where a work-item stands, in kernels that run over an NDRange. In the single work-item form of the same kernels it is task.cl
 * that says so.
 */
#define tq_item(d)       get_global_id(d)
#define tq_group(d)      get_group_id(d)
#define tq_group_item(d) get_local_id(d)
