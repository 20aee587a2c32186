/*
 * Where a work-item stands, in the single work-item form of kernels (docs/fpga.md). A kernel NAME of the NDRange form is a
 * function NAME_item here, with its place in `tq_at`, and the kernel calls it for all places from tq_first to before tq_end,
 * the first dimension fastest: src/runtime/task.c writes both. Work-groups are of one work-item.
 */
#define tq_item(d)       (tq_at.s##d)
#define tq_group(d)      (tq_at.s##d)
#define tq_group_item(d) 0

/* A vendor's compiler says who it is; other compilers do not know its attributes. */
#if defined INTELFPGA_CL || defined ALTERA_CL
#define TQ_TASK __attribute__((max_global_work_dim(0)))
#else
#define TQ_TASK __attribute__((reqd_work_group_size(1, 1, 1)))
#endif
