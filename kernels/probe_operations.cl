/* Numbers of the operations in probes.cl, for the host, too. Those from TQ_PROBE_LONG_WRAP on see pairs of words. */
#define TQ_PROBE_ADD           0
#define TQ_PROBE_SUBTRACT      1
#define TQ_PROBE_MULTIPLY      2
#define TQ_PROBE_PLUS          3 /* a * b + c, rounded twice */
#define TQ_PROBE_MINUS         4 /* a * b - c */
#define TQ_PROBE_FROM          5 /* c - a * b */
#define TQ_PROBE_FMA           6
#define TQ_PROBE_SELECT        7
#define TQ_PROBE_COMPARE       8
#define TQ_PROBE_FLOOR         9
#define TQ_PROBE_FABS          10
#define TQ_PROBE_FROM_INT      11
#define TQ_PROBE_TO_INT        12
#define TQ_PROBE_WRAP          13 /* a * b + c of uints */
#define TQ_PROBE_HIGH          14
#define TQ_PROBE_LEFT          15
#define TQ_PROBE_RIGHT         16
#define TQ_PROBE_SIGNED_RIGHT  17
#define TQ_PROBE_ZEROS         18
#define TQ_PROBE_CLAMP         19
#define TQ_PROBE_SHORT_HIGH    20
#define TQ_PROBE_SHORT_ADD     21
#define TQ_PROBE_SHORT_PACK    22
#define TQ_PROBE_SHORT_STEP    23 /* (a * b + c) >> 5 */
#define TQ_PROBE_SHORT_FLOAT   24
#define TQ_PROBE_LONG_WRAP     25
#define TQ_PROBE_LONG_HIGH     26
#define TQ_PROBE_LONG_DIVIDE   27
#define TQ_PROBE_LONG_REST     28
#define TQ_PROBE_LONG_LEFT     29
#define TQ_PROBE_LONG_RIGHT    30
#define TQ_PROBE_LONG_SIGNED   31 /* shift to the right */
#define TQ_PROBE_LONG_ZEROS    32
#define TQ_PROBE_DOUBLE_ADD    33
#define TQ_PROBE_DOUBLE_TIMES  34
#define TQ_PROBE_DOUBLE_PLUS   35 /* a * b + c, rounded twice */
#define TQ_PROBE_DOUBLE_FMA    36
#define TQ_PROBE_DOUBLE_FLOAT  37 /* to binary32 */
#define TQ_PROBE_FLOAT_DOUBLE  38 /* from binary32 */
#define TQ_PROBE_ROUNDS        39 /* b rounds of a loop */
