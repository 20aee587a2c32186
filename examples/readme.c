#include <stdio.h>
#include <tensorquant/tensorquant.h>

int main(void)
{
    tq_context *context;
    tq_network *network;
    tq_dataset *images;
    tq_map *map;
    float image[28 * 28], score[10];
    int best = 0;

    if (tq_context_open(&context, "") || tq_dataset_open(&images, "fashion-mnist") ||
        tq_network_load_onnx(&network, context, "examples/lenet-fashion-mnist.onnx") ||
        tq_map_parse(&map, "nearest,16,8") || tq_network_plan(network, &(tq_plan){.intrinsic = map}) ||
        tq_dataset_read(images, 0, 1, image, NULL) || tq_network_forward(network, image, 1, 0, score))
        return fprintf(stderr, "%s\n", tq_error()), 1;
    for (int i = 1; i < 10; ++i)
        best = score[i] > score[best] ? i : best;
    printf("class %d\n", best);
    tq_map_destroy(map);
    tq_dataset_close(images);
    tq_network_destroy(network);
    tq_context_close(context);
    return 0;
}
