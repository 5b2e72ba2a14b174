//! Traditional Han characters read as simplified ones.
//!
//! Speech-to-text writes Mandarin in either, whatever it was asked for, and names come in both. Only what
//! is compared is folded; what a wildcard takes stays as it was said. The table has the characters of
//! homes and their sentences, not all there are.

/// Pairs, the traditional character first.
const PAIRS: &str = "\
    開开關关閉闭燈灯廳厅臥卧廚厨陽阳臺台樓楼書书兒儿門门簾帘鎖锁電电視视機机調调設设為为時时鐘钟計计點点個个號号幾几溫温濕湿溼湿與与還还這这裡里裏里邊边頭头燭烛藍蓝\
    綠绿紅红黃黄變变換换顏颜將将給给讓让讀读請请幫帮麼么嗎吗沒没們们誰谁現现當当處处場场檔档啟启動动運运執执轉转進进離离風风掃扫淨净潔洁塵尘線线連连網网絡络訊讯氣气\
    煙烟霧雾報报檢检測测壓压質质濃浓聲声響响靜静樂乐專专輯辑頻频劇剧戲戏續续繼继復复暫暂錄录單单購购項项務务標标記记刪删減减長长縮缩餘余狀状態态數数據据別别對对錯错\
    認认確确顯显萬万億亿兩两雙双園园樣样體体傳传應应該该負负總总閥阀車车庫库遙遥廣广訴诉禮礼種种層层階阶陰阴雲云側侧掛挂撥拨節节終终結结組组東东乾干滿满強强盞盏衛卫\
    間间臨临員员買买賣卖葉叶擺摆蓋盖殺杀塊块壞坏夠够奧奥鳳凤裝装製制熱热陳陈張张劉刘歡欢觀观覽览親亲試试話话語语說说識识輕轻輸输遠远邁迈郵邮鄰邻鈴铃銀银鋼钢鏡镜陸陆\
    隱隐雜杂雞鸡難难養养館馆駐驻驚惊魚鱼鳥鸟齊齐龍龙牆墙櫃柜檯台櫥橱籠笼絲丝紗纱紙纸級级統统維维緊紧護护貓猫賬账贊赞趕赶蹤踪軟软較较載载輛辆迴回過过達达違违適适選选\
    遲迟邏逻鍋锅鍵键閣阁隊队際际隨随險险順顺預预領领題题額额願愿類类飛飞飯饭飲饮飾饰餅饼驗验髒脏鬧闹麵面黨党蘋苹漸渐濾滤灣湾灑洒燙烫爐炉牽牵獨独瓏珑畫画異异療疗監监\
    盤盘碼码禦御積积穩稳窩窝筆笔簡简糧粮約约納纳純纯細细絕绝緩缓編编練练縱纵義义習习職职聯联聽听腦脑腳脚臉脸藝艺藥药蘭兰虛虚補补褲裤規规覺觉觸触訂订討讨訓训許许評评\
    詞词詢询詳详誤误課课談谈諾诺謝谢證证議议";

/// The simplified character for a traditional one; any other stays.
pub(super) fn simplified(c: char) -> char {
    // Every traditional character of the table is in this block.
    if !('\u{4E00}'..='\u{9FFF}').contains(&c) {
        return c;
    }
    let mut pairs = PAIRS.chars();
    while let (Some(traditional), Some(simple)) = (pairs.next(), pairs.next()) {
        if traditional == c {
            return simple;
        }
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_characters_are_folded_and_others_are_not() {
        let fold = |text: &str| text.chars().map(simplified).collect::<String>();
        assert_eq!(fold("打開客廳的燈"), "打开客厅的灯");
        assert_eq!(fold("打开客厅的灯 kitchen"), "打开客厅的灯 kitchen");
    }

    #[test]
    fn the_table_is_pairs() {
        assert_eq!(PAIRS.chars().count() % 2, 0);
        let simple: Vec<char> = PAIRS.chars().skip(1).step_by(2).collect();
        assert!(simple.iter().all(|c| simplified(*c) == *c));
    }
}
